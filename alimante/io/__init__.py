"""The thread boundary: workers and handles; it must not decide what a reading means or whether an output may move."""

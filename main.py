from alimante.cli import main

raise SystemExit(main())

from passwright.interfaces.cli.main import main

main()

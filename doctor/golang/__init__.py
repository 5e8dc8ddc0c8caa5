"""How Go and the libraries of the program read and print values; pure functions without any I/O."""

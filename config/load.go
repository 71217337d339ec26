package config

// Setting is one value from the command line: the path as in the file, "dataDir".
type Setting struct{ Path, Value string }

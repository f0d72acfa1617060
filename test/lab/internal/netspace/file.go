package netspace

// File is a file that only those inside a namespace see, in the place of one that everybody has. It covers Target with
// the contents of Source, and is left out where Target does not exist.
type File struct {
	Source string
	Target string
}

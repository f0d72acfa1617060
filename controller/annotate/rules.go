package annotate

// Rules are what the administrator of the cluster decides about export by annotation.
type Rules struct {
	// Key is the annotation's key, such as [DefaultKey].
	Key string
	// Denied are the namespaces nothing is exported from, whatever is annotated there.
	Denied map[string]bool
}

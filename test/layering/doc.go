// Package layering holds the rooms apart: its tests read what each package imports and fail where an arrow points the wrong
// way. Here belong rules on imports and nothing that runs the code they are about.
package layering

package explain

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// Files may take each other in for ever: these bound how many do so one in the other, and what all add to a Corefile.
const (
	deepest         = 8
	longestCorefile = 1 << 20
)

// Mount is a directory of files that a DNS server has, as those of a ConfigMap, by their names.
type Mount struct {
	Dir   string
	Files map[string]string
}

// Include returns the text of a Corefile that stands in a directory, with the files in the place of the lines that import them. Relative
// names are of that directory. A line stays where it names a directory that is none of the mounts; a pattern that matches
// nothing in one brings in nothing, as CoreDNS has it.
func Include(text, dir string, mounts []Mount) string {
	in := &includer{dir: dir, mounts: mounts, room: longestCorefile}
	return in.include(text, deepest)
}

// includer is a Corefile that is put together.
type includer struct {
	dir    string
	mounts []Mount
	room   int // bytes that may still be taken in
}

func (in *includer) include(text string, depth int) string {
	return fileImport.ReplaceAllStringFunc(text, func(line string) string {
		pattern := strings.Fields(line)[1]
		if !path.IsAbs(pattern) {
			pattern = path.Join(in.dir, pattern)
		}
		at := slices.IndexFunc(in.mounts, func(m Mount) bool { return path.Clean(m.Dir) == path.Dir(path.Clean(pattern)) })
		if at < 0 || depth == 0 {
			return line
		}
		var parts []string
		files := in.mounts[at].Files
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if matches, err := path.Match(path.Base(pattern), name); err != nil || !matches {
				continue
			}
			const each = 64 // an empty file has its price too
			if in.room -= len(files[name]) + each; in.room < 0 {
				return line
			}
			parts = append(parts, in.include(files[name], depth-1))
		}
		return strings.Join(parts, "\n")
	})
}

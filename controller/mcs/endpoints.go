package mcs

import (
	corev1 "k8s.io/api/core/v1"
)

// slicePortKey is how a slice's port is joined to its Service's: by name. The protocol has to agree as well.
type slicePortKey struct {
	name     string
	protocol corev1.Protocol
}

// importedSlices returns the slices of e as importers shall have them: each with those ports only that the import has too,
// under the import's names, because kube-proxy joins by name. A port whose number lost its name to an older export's other number
// is left out, so that traffic to a port reaches only clusters that expose it (KEP-1645, "Service Port"). The slice and its
// endpoints stay even when no port does: headless services answer without ports.
func importedSlices(e Export, union []Port) []ImportedSlice {
	if len(e.Slices) == 0 {
		return nil
	}
	names := importedNames(e.Ports, union)
	imported := make([]ImportedSlice, 0, len(e.Slices))
	for _, s := range e.Slices {
		var ports []SlicePort
		for _, p := range s.Ports {
			name, found := names[slicePortKey{p.Name, defaultProtocol(p.Protocol)}]
			if !found {
				continue
			}
			p.Name, p.Protocol = name, defaultProtocol(p.Protocol)
			ports = append(ports, p)
		}
		s.Ports = ports
		imported = append(imported, ImportedSlice{Cluster: e.Cluster, Slice: s})
	}
	return imported
}

// importedNames maps the ports of an export, as its slices know them, to the names that the same protocol and port have in the
// import. Ports that the import lacks are not in the map.
func importedNames(exported, union []Port) map[slicePortKey]string {
	byDialled := make(map[protoPort]string, len(union))
	for _, p := range union {
		byDialled[p.dialled()] = p.Name
	}
	names := make(map[slicePortKey]string, len(exported))
	for _, p := range exported {
		if name, found := byDialled[p.dialled()]; found {
			names[slicePortKey{p.Name, defaultProtocol(p.Protocol)}] = name
		}
	}
	return names
}

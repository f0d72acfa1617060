package mcs

import (
	corev1 "k8s.io/api/core/v1"
)

// slicePortKey is how a slice's port is joined to its Service's: by name. The protocol has to agree as well.
type slicePortKey struct {
	name     string
	protocol corev1.Protocol
}

// portNames are the names of an import's ports.
type portNames map[protoPort]string

func namesOf(ports []Port) portNames {
	names := make(portNames, len(ports))
	for _, p := range ports {
		names[p.dialled()] = p.Name
	}
	return names
}

// importedSlices returns the slices of e as importers shall have them: each with those ports only that the import has too,
// under the import's names, because kube-proxy joins by name. A port whose number lost its name to an older export's other number
// is left out, so that traffic to a port reaches only clusters that expose it (KEP-1645, "Service Port"). The slice and its
// endpoints stay even when no port does: headless services answer without ports.
func importedSlices(e Export, union portNames) []ImportedSlice {
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
func importedNames(exported []Port, union portNames) map[slicePortKey]string {
	names := make(map[slicePortKey]string, len(exported))
	for _, p := range exported {
		if name, found := union[p.dialled()]; found {
			names[slicePortKey{p.Name, defaultProtocol(p.Protocol)}] = name
		}
	}
	return names
}

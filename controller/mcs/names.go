package mcs

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// HashLength is the number of characters that [Hash] returns: 160 bits, five to a character.
const HashLength = 32

// derivedPrefix begins the name of every derived Service.
const derivedPrefix = "derived-"

var hashEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Hash returns 32 lower-case letters and digits that stand for parts: SHA-256 over each part preceded by its length, cut to
// 160 bits, in base32. The lengths keep ("a-b", "c") apart from ("a", "b-c"). It is part of the names of objects, so that it never
// changes.
func Hash(parts ...string) string {
	digest := sha256.New()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		digest.Write(length[:])
		digest.Write([]byte(part))
	}
	return hashEncoding.EncodeToString(digest.Sum(nil))[:HashLength]
}

// DerivedServiceName is the name of the Service that holds the IP of a ClusterSetIP import, in the import's namespace: "derived-"
// and a hash, 40 characters, a DNS-1035 label as Services need.
func DerivedServiceName(key types.NamespacedName) string {
	return derivedPrefix + Hash("derived", key.Namespace, key.Name)
}

// IsDerivedServiceName reports whether a Service of that name could be a derived one, which is never exported: its export would
// import itself.
func IsDerivedServiceName(name string) bool {
	hash, found := strings.CutPrefix(name, derivedPrefix)
	return found && len(hash) == HashLength && strings.Trim(hash, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// IsDerivedService reports whether a Service stands for an import: by its label, or by a name that only such a Service has.
func IsDerivedService(service *corev1.Service) bool {
	return service.Labels[LabelManagedBy] == ManagedBy || IsDerivedServiceName(service.Name)
}

// SliceName is the name of the imported EndpointSlice that stands for the EndpointSlice source of the exporting cluster: the
// service, the cluster and a hash, at most 160 characters, a DNS subdomain.
func SliceName(cluster ClusterID, key types.NamespacedName, source string) string {
	return key.Name + "-" + string(cluster) + "-" + Hash("slice", string(cluster), key.Namespace, key.Name, source)
}

// RecordName is the name of an export's record on the hub, in the member's hub namespace: the namespace, the name and a hash, at
// most 160 characters. A record under any other name is not the export's.
func RecordName(key types.NamespacedName) string {
	return key.Namespace + "-" + key.Name + "-" + Hash("record", key.Namespace, key.Name)
}

// RecordSliceName is the name of the record of the EndpointSlice source of an export, beside [RecordName], of the same form.
func RecordSliceName(key types.NamespacedName, source string) string {
	return key.Namespace + "-" + key.Name + "-" + Hash("record slice", key.Namespace, key.Name, source)
}

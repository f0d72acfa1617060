package gather

import (
	"fmt"
	"regexp"
)

// struck stands where something secret stood.
const struck = "REDACTED"

// shapes are what secrets look like, wherever they stand: each keeps what its groups hold and strikes out the rest.
var shapes = []struct {
	pattern *regexp.Regexp
	keep    string
}{
	// Private keys and, since they lie beside them, certificates stay apart by their label.
	{regexp.MustCompile(`(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----).*?(-----END [A-Z0-9 ]*PRIVATE KEY-----)`), "${1}" + struck + "${2}"},
	// JSON web tokens (RFC 7519): three parts in base64url, the first of which begins with {".
	{regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`), struck},
	// Authorization headers (RFC 6750, RFC 7617).
	{regexp.MustCompile(`(?i)\b(bearer|basic)([ :]+)[A-Za-z0-9._~+/=-]{8,}`), "${1}${2}" + struck},
	// Bootstrap tokens of kubeadm.
	{regexp.MustCompile(`\b[a-z0-9]{6}\.[a-z0-9]{16}\b`), struck},
	// Fields of kubeconfigs and of most configuration, in YAML, JSON, flags and environment.
	{regexp.MustCompile(`(?i)((?:client-key-data|id-token|refresh-token|access-token|token|password|passwd|secret|secret-key|api-?key)["']?\s*[:=]\s*["']?)[^\s"',}{\[\]]{6,}`), "${1}" + struck},
	// Names and passwords in URLs (RFC 3986, 3.2.1).
	{regexp.MustCompile(`([a-z][a-z0-9+.-]*://)[^/\s:@]+:[^/\s@]+@`), "${1}" + struck + "@"},
	// Keys of the large clouds, which have a shape of their own.
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bghp_[A-Za-z0-9]{36}\b|\bAIza[A-Za-z0-9_-]{35}\b`), struck},
}

// redact strikes out whatever in a text looks like a secret.
func redact(text []byte) []byte {
	for _, shape := range shapes {
		text = shape.pattern.ReplaceAll(text, []byte(shape.keep))
	}
	return text
}

// redactSecret replaces the values of a Secret by their sizes, in place: the names of its keys tell whether something is missing. Its
// annotations go too, where kubectl keeps a copy of what was applied.
func redactSecret(object map[string]any) {
	for _, field := range []string{"data", "stringData"} {
		values, ok := object[field].(map[string]any)
		if !ok {
			continue
		}
		for key, value := range values {
			values[key] = fmt.Sprintf("%s (%d characters)", struck, len(fmt.Sprint(value)))
		}
	}
	if metadata, ok := object["metadata"].(map[string]any); ok {
		delete(metadata, "annotations")
	}
}

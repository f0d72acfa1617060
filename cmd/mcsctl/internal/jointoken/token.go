package jointoken

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// prefix tells a token from anything else that is pasted, and this form from later ones.
const prefix = "mcsjoin1."

// maxLength bounds what is read: a token has some 4,000 characters, most of them certificates.
const maxLength = 64 << 10

// Token lets its holder join under one cluster id, once. It is a secret.
type Token struct {
	// ID is the cluster id to join under.
	ID string `json:"id"`
	// Server is the URL of the hub's API server, CA the certificates it is known by in PEM, none for the system's, and ServerName the
	// name in its certificate where that is not the URL's.
	Server     string `json:"server"`
	CA         []byte `json:"ca,omitempty"`
	ServerName string `json:"serverName,omitempty"`
	// Registry is the clusterset's namespace on the hub, and Namespace the member's own.
	Registry  string `json:"registry"`
	Namespace string `json:"namespace"`
	// Secret names, in Namespace, what is exchanged for the token and deleted then.
	Secret string `json:"secret"`
	// Bearer is the bearer token for the exchange.
	Bearer string `json:"bearer"`
	// Expires is until when it is good.
	Expires time.Time `json:"expires"`
}

// String returns the token without its secrets, so that printing one by mistake tells nothing.
func (t Token) String() string {
	return fmt.Sprintf("join token for %q at %s until %s", t.ID, t.Server, t.Expires.UTC().Format(time.RFC3339))
}

// Encode returns the token as one line.
func (t Token) Encode() (string, error) {
	content, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("writing the join token of %q: %w", t.ID, err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(content), nil
}

// ErrMalformed is wrapped by the errors of [Parse].
var ErrMalformed = errors.New("not a join token as mcsctl token create prints it")

// Parse reads a token. White space around it, and line breaks that a terminal or a mail put into it, are passed over. An error never
// quotes the text, which may be a secret.
func Parse(text string) (Token, error) {
	text = strings.Join(strings.Fields(text), "")
	encoded, found := strings.CutPrefix(text, prefix)
	switch {
	case text == "":
		return Token{}, fmt.Errorf("it is empty: %w", ErrMalformed)
	case !found:
		return Token{}, fmt.Errorf("it does not begin with %q: %w", prefix, ErrMalformed)
	case len(encoded) > maxLength:
		return Token{}, fmt.Errorf("it has %d characters: %w", len(text), ErrMalformed)
	}
	content, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return Token{}, fmt.Errorf("it is damaged, perhaps cut off: %w", ErrMalformed)
	}
	var t Token
	if err := json.Unmarshal(content, &t); err != nil {
		return Token{}, fmt.Errorf("it is damaged: %w", ErrMalformed)
	}
	for _, field := range []struct{ name, value string }{
		{"id", t.ID}, {"server", t.Server}, {"registry", t.Registry}, {"namespace", t.Namespace}, {"secret", t.Secret}, {"bearer", t.Bearer},
	} {
		if field.value == "" {
			return Token{}, fmt.Errorf("it has no %s: %w", field.name, ErrMalformed)
		}
	}
	return t, nil
}

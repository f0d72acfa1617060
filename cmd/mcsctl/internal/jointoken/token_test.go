package jointoken

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func whole() Token {
	return Token{
		ID: "west", Server: "https://192.0.2.1:6443", CA: []byte("-----BEGIN CERTIFICATE-----\n"), ServerName: "hub.example.org",
		Registry: "mcs-clusterset", Namespace: "mcs-west-abcdefghij", Secret: "mcs-join-abcde", Bearer: "secret.of.the.token",
		Expires: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC),
	}
}

func encoded(t *testing.T, token Token) string {
	t.Helper()
	text, err := token.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	text := encoded(t, whole())
	for _, tc := range []struct{ name, text string }{
		{"as it was printed", text},
		{"with a line break at its end", text + "\n"},
		{"broken into lines by a mail", text[:70] + "\r\n  " + text[70:140] + "\n" + text[140:]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Parse(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole(), got); diff != "" {
				t.Errorf("token differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoToken(t *testing.T) {
	text := encoded(t, whole())
	without := func(change func(*Token)) string {
		token := whole()
		change(&token)
		return encoded(t, token)
	}
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", " \n", "it is empty"},
		{"a bearer token by itself", "eyJhbGciOiJSUzI1NiJ9.e30.x", `it does not begin with "mcsjoin1."`},
		{"a token cut off", text[:len(text)-7], "it is damaged"},
		{"a token with a character changed", text[:40] + "!" + text[41:], "it is damaged, perhaps cut off"},
		{"a token of a megabyte", prefix + strings.Repeat("A", 1<<20), "it has 1048585 characters"},
		{"JSON that is none", prefix + "AAAA", "it is damaged"},
		{"a token for nobody", without(func(t *Token) { t.ID = "" }), "it has no id"},
		{"a token to nowhere", without(func(t *Token) { t.Server = "" }), "it has no server"},
		{"a token without its secret", without(func(t *Token) { t.Bearer = "" }), "it has no bearer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse(tc.text)
			if !errors.Is(err, ErrMalformed) || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("Parse gives the error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestPrintingATokenTellsNoSecret(t *testing.T) {
	if text := whole().String(); strings.Contains(text, whole().Bearer) || !strings.Contains(text, `"west"`) {
		t.Errorf("String gives %q", text)
	}
}

// Whatever Parse takes, Encode writes so that Parse takes it again and reads the same; and no error quotes the text.
func FuzzParse(f *testing.F) {
	text, err := whole().Encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", text, text[:50], prefix, prefix + "e30"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := Parse(text)
		if err != nil {
			if body, found := strings.CutPrefix(text, prefix); found && len(body) > 8 && strings.Contains(err.Error(), body) {
				t.Errorf("the error quotes the text: %v", err)
			}
			return
		}
		again, err := Parse(encoded(t, token))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !token.Expires.Equal(again.Expires) {
			t.Errorf("Expires is %v, was %v", again.Expires, token.Expires)
		}
		token.Expires, again.Expires = time.Time{}, time.Time{}
		if diff := cmp.Diff(token, again); diff != "" {
			t.Errorf("token differs after writing and reading it (-first +second):\n%s", diff)
		}
	})
}

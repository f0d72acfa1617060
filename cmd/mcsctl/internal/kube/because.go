package kube

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Because is why a cluster could not be read, in one line of few words: what client libraries say of how they asked is left out. It
// is "" for nil, and what is not known better stands as it is, cut where it is very long.
func Because(err error) string {
	if err == nil {
		return ""
	}
	if apierrors.IsUnauthorized(err) {
		return "it does not accept the credentials of this context (401 Unauthorized)"
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	if denied := forbidden.FindStringSubmatch(text); denied != nil && apierrors.IsForbidden(err) {
		return denial(denied)
	}
	var asking *url.Error
	if !errors.As(err, &asking) {
		if errors.Is(err, context.DeadlineExceeded) {
			return "no answer in time"
		}
		return shortened(text)
	}
	server := asking.URL
	if parsed, parseErr := url.Parse(asking.URL); parseErr == nil && parsed.Host != "" {
		server = parsed.Scheme + "://" + parsed.Host
	}
	return wire(asking) + " (" + server + ")"
}

// wire is what went wrong between here and a server.
func wire(asking *url.Error) string {
	var unnamed *net.DNSError
	var unknown x509.UnknownAuthorityError
	switch {
	case asking.Timeout():
		return "no answer in time"
	case errors.Is(asking, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(asking, syscall.EHOSTUNREACH), errors.Is(asking, syscall.ENETUNREACH):
		return "no route to it"
	case errors.As(asking, &unnamed):
		return "its name " + unnamed.Name + " is not found"
	case errors.As(asking, &unknown):
		return "its certificate is not of the authority that the kubeconfig has"
	}
	return shortened(strings.Join(strings.Fields(asking.Err.Error()), " "))
}

// forbidden is how an API server denies a right.
var forbidden = regexp.MustCompile(`User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?`)

func denial(parts []string) string {
	resource := parts[3]
	if parts[4] != "" { // the core group has no name
		resource += "." + parts[4]
	}
	text := "user " + parts[1] + " may not " + parts[2] + " " + resource
	if parts[5] != "" {
		text += " in namespace " + parts[5]
	}
	return text
}

// shortened is a text that fits a screen.
func shortened(text string) string {
	const longest = 200
	if letters := []rune(text); len(letters) > longest {
		return string(letters[:longest]) + "..."
	}
	return text
}

package membership

import (
	"errors"
	"fmt"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// ErrNoIdentity is returned by [Identify] when nothing says which cluster this is.
var ErrNoIdentity = errors.New("this cluster has no cluster id")

// ErrDisagreement is returned by [Identify] when the flag and the property name different clusters.
var ErrDisagreement = errors.New("the cluster id is stated twice and differently")

// Statement is what the About API says under one property's name.
type Statement struct {
	// Served tells whether the cluster serves the About API at all. Without it nothing is known: a missing API is not a
	// missing property, and never means that the cluster left.
	Served bool
	// Value is the property's, "" where the property does not exist.
	Value string
}

// Claims are the places where a cluster's id may be stated, in order of precedence.
type Claims struct {
	// Flag is the operator's word, "" where there is none.
	Flag string
	// Property is the About API's [PropertyClusterID].
	Property Statement
	// KubeSystemUID is the UID of this cluster's kube-system namespace where the operator allows it as the id, else "".
	KubeSystemUID string
}

// Source tells which of the claims an id was taken from.
type Source string

// The sources of an id.
const (
	SourceFlag          Source = "flag"
	SourceProperty      Source = "ClusterProperty " + PropertyClusterID
	SourceKubeSystemUID Source = "kube-system UID"
)

// Identify returns this cluster's id and where it was taken from: the flag, else the About API's property, else the
// kube-system UID where that is allowed.
//
// A flag and a property that differ are an error wrapping [ErrDisagreement], as neither is known to be right; no claim at all
// is one wrapping [ErrNoIdentity]; an id that breaks the rules of [mcs.ParseClusterID] is refused whichever claim it is from.
func Identify(c Claims) (mcs.ClusterID, Source, error) {
	stated, source := c.Flag, SourceFlag
	switch {
	case c.Flag != "" && c.Property.Value != "" && c.Flag != c.Property.Value:
		return "", "", fmt.Errorf("the flag says %q and the %s says %q: %w", c.Flag, SourceProperty, c.Property.Value, ErrDisagreement)
	case c.Flag != "":
	case c.Property.Value != "":
		stated, source = c.Property.Value, SourceProperty
	case c.KubeSystemUID != "":
		stated, source = c.KubeSystemUID, SourceKubeSystemUID
	case !c.Property.Served:
		return "", "", fmt.Errorf("no flag is set and the About API is not served here: %w", ErrNoIdentity)
	default:
		return "", "", fmt.Errorf("no flag is set and the %s does not exist: %w", SourceProperty, ErrNoIdentity)
	}
	id, err := mcs.ParseClusterID(stated)
	if err != nil {
		return "", "", fmt.Errorf("reading the cluster id from the %s: %w", source, err)
	}
	return id, source, nil
}

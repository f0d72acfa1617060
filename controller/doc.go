// Package controller is the parent of the controller's rooms and holds no code of its own.
//
// A Service annotated for export becomes a ServiceExport (annotate), the ServiceExport an export on the hub (export, hub), the
// exports of all members one import (mcs), and the import the objects that DNS and kube-proxy read (importer). Who the members
// are, and which of them live, is membership's to say.
//
// Imports point inward: annotate, export, importer, hub and membership import mcs and never each other's insides; cmd wires them.
// Nothing here imports the DNS plugin, nor the plugin anything from here: the wall between the two is the cluster's own API.
package controller

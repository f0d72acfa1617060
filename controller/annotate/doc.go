// Package annotate is the front door: it turns the export annotation of a Service, or of its Namespace, into a ServiceExport
// and takes back what it made when the annotation goes.
//
// Here belong the annotation's keys, values and rules, and nothing behind this package knows of them: a ServiceExport that an
// annotation made is exported like one written by hand (KEP-1645 lists export by annotation among its alternatives, because a
// Service has no status for conditions; so the annotation leads to an object that has). What does not belong here: whether the
// export is valid, and what becomes of it.
//
// decide is pure and holds every rule; Reconciler gathers its facts and applies its decision.
//
// Imports point inward: annotate imports mcs and API machinery only.
package annotate

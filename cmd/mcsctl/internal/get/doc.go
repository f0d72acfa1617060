// Package get is `mcsctl get exports|imports|members`: tables of what the clusterset has, over all its clusters at once.
//
// Here belong the tables. How an export, an import or a member is, is decided in the package health. It imports observe, health and
// the packages that all commands share.
package get

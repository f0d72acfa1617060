// Package lab starts real Kubernetes control planes on one machine: for each named cluster an etcd, a kube-apiserver, a
// kube-controller-manager and, where it can work, a kube-proxy, without containers, without root and without a download.
// Instead of a scheduler and kubelets there is one actor per cluster that binds pods and lets them listen for real.
//
//	func TestMain(m *testing.M) {
//		if _, err := lab.Enter(); err != nil { ... }
//		os.Exit(m.Run())
//	}
//
//	l, err := lab.Start(ctx, lab.Config{Clusters: []string{"east", "west"}})
//	defer l.Stop()
//
// # Where things run
//
// [Enter] moves the whole process into namespaces of its own, as the user it already is. In there each cluster has a
// network namespace with an address for its node, addresses for its pods and a route to the pods of every other cluster.
// The process that was started stays outside; it waits, passes signals on, and opens sockets on 127.0.0.1 when asked.
// When either process dies, even by SIGKILL, the kernel ends everything inside. [Isolation] says what a machine that
// forbids namespaces gets instead.
//
// # What belongs here
//
// Starting, wiring, watching, breaking and stopping clusters. What is deployed in them does not: the lab knows nothing
// of multi-cluster Services. Its parts are below internal; nothing outside test and cmd/mcsctl imports the lab, and the
// lab imports nothing of this module but itself. The programs it starts are the one binary of the module in k8s, which
// cannot be imported from here: see [Build].
package lab

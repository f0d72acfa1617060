// Package hubadmin is what the hub's administrator does apart from joining clusters: mcsctl hub init, token create, token list and token revoke.
//
// Here belong those commands. What a token is exchanged for is credential's, what a hub consists of manifests', and joining join's. It
// imports cmd/mcsctl/internal/{credential,exit,install,jointoken,kube,precheck,screen}, controller and manifests.
package hubadmin

package exact

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// policy has the API server log who asked for what, for accounts of ours alone; the logs of others would be large.
const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: None
  nonResourceURLs: ["*"]
- level: None
  users: ["lab-admin"]
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
  resources: [{group: "", resources: ["serviceaccounts"]}]
- level: Metadata
  userGroups: ["system:serviceaccounts"]
`

// request is one line of an audit log.
type request struct {
	Stage string `json:"stage"`
	Verb  string `json:"verb"`
	User  struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef *struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		APIGroup    string `json:"apiGroup"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	RequestURI     string             `json:"requestURI"`
	ResponseStatus struct{ Code int } `json:"responseStatus"`
	Annotations    map[string]string  `json:"annotations"`
	Received       time.Time          `json:"requestReceivedTimestamp"`
}

func (r request) String() string {
	return fmt.Sprintf("%s: %s %s", r.User.Username, r.Verb, r.RequestURI)
}

// refused says whether the account was known and not allowed.
func (r request) refused() bool { return r.Annotations["authorization.k8s.io/decision"] == "forbid" }

func (r request) resource() string {
	if r.ObjectRef.Subresource != "" {
		return r.ObjectRef.Resource + "/" + r.ObjectRef.Subresource
	}
	return r.ObjectRef.Resource
}

// readLog reads what an API server logged of the accounts that are ours.
func readLog(t *testing.T, path string, ours func(user string) bool) []request {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var requests []request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("reading %s: %v", path, err)
		}
		if r.ObjectRef != nil && ours(r.User.Username) {
			requests = append(requests, r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return requests
}

// grant is one verb on one resource that a role gives to one subject.
type grant struct {
	role      string // with its namespace, members' own made equal
	namespace string // "" is everywhere
	subject   rbacv1.Subject
	verb      string
	group     string
	resource  string
	names     []string
}

// String names the grant whoever has it.
func (g grant) String() string {
	resource := g.resource
	if g.group != "" {
		resource += "." + g.group
	}
	text := fmt.Sprintf("%s: %s %s", g.role, g.verb, resource)
	if len(g.names) > 0 {
		text += fmt.Sprint(" ", g.names)
	}
	return text
}

// covers says whether the grant allows the request.
func (g grant) covers(r request) bool {
	return g.speaksOf(r.User.Username) && g.verb == r.Verb && g.group == r.ObjectRef.APIGroup && g.resource == r.resource() &&
		(g.namespace == "" || g.namespace == r.ObjectRef.Namespace) &&
		(len(g.names) == 0 || slices.Contains(g.names, r.ObjectRef.Name))
}

func (g grant) speaksOf(user string) bool {
	if g.subject.Kind == rbacv1.GroupKind {
		namespace, found := strings.CutPrefix(g.subject.Name, "system:serviceaccounts:")
		return found && strings.HasPrefix(user, "system:serviceaccount:"+namespace+":")
	}
	return user == "system:serviceaccount:"+g.subject.Namespace+":"+g.subject.Name
}

// grants are what the roles of a cluster give to subjects that are ours.
func grants(t *testing.T, c client.Client, ours func(rbacv1.Subject) bool, general func(namespace string) string) []grant {
	t.Helper()
	var found []grant
	add := func(role, namespace string, subjects []rbacv1.Subject, rules []rbacv1.PolicyRule) {
		for _, subject := range subjects {
			if !ours(subject) {
				continue
			}
			for _, rule := range rules {
				for _, group := range rule.APIGroups {
					for _, resource := range rule.Resources {
						for _, verb := range rule.Verbs {
							found = append(found, grant{role: role, namespace: namespace, subject: subject, verb: verb, group: group, resource: resource, names: rule.ResourceNames})
						}
					}
				}
			}
		}
	}
	var clusterBindings rbacv1.ClusterRoleBindingList
	if err := c.List(t.Context(), &clusterBindings); err != nil {
		t.Fatal(err)
	}
	for _, binding := range clusterBindings.Items {
		if !slices.ContainsFunc(binding.Subjects, ours) {
			continue
		}
		var role rbacv1.ClusterRole
		if err := c.Get(t.Context(), client.ObjectKey{Name: binding.RoleRef.Name}, &role); err != nil {
			t.Fatal(err)
		}
		add("ClusterRole "+role.Name, "", binding.Subjects, role.Rules)
	}
	var bindings rbacv1.RoleBindingList
	if err := c.List(t.Context(), &bindings); err != nil {
		t.Fatal(err)
	}
	for _, binding := range bindings.Items {
		if !slices.ContainsFunc(binding.Subjects, ours) {
			continue
		}
		var role rbacv1.Role
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: binding.Namespace, Name: binding.RoleRef.Name}, &role); err != nil {
			t.Fatal(err)
		}
		add("Role "+general(role.Namespace)+"/"+role.Name, binding.Namespace, binding.Subjects, role.Rules)
	}
	return found
}

package config

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/config/keys"
	"ivalt-radius/config/tree"
)

// page of the docs that Reference writes; UPDATE_DOCS=1 renews it.
const docsPage = "../docs/configuration.md"

func TestReference(t *testing.T) {
	var want bytes.Buffer
	if err := Reference(&want); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(docsPage, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("docs/configuration.md is not what the code says; run UPDATE_DOCS=1 go test ./config -run TestReference (-want +got):\n%s", diff)
	}
}

// TestTableIsTheStruct shows that every key of the struct stands in the table and the other way round.
func TestTableIsTheStruct(t *testing.T) {
	var inStruct, inTable []string
	structKeys(reflect.TypeFor[Settings](), "", &inStruct)
	for _, key := range keys.All() {
		inTable = append(inTable, key.Path)
	}
	slices.Sort(inStruct)
	slices.Sort(inTable)
	if diff := cmp.Diff(inTable, inStruct); diff != "" {
		t.Errorf("keys (-table +struct):\n%s", diff)
	}
}

func structKeys(of reflect.Type, path string, keys *[]string) {
	for i := range of.NumField() {
		field := of.Field(i)
		name := field.Tag.Get("koanf")
		if name == "" || name == "-" {
			continue
		}
		below, inner := tree.Join(path, name), field.Type
		if inner.Kind() == reflect.Slice && ours(inner.Elem()) {
			below, inner = below+"[]", inner.Elem()
		}
		if ours(inner) {
			structKeys(inner, below, keys)
			continue
		}
		*keys = append(*keys, below)
	}
}

// ours reports the structs that hold keys; a reply attribute is a value.
func ours(of reflect.Type) bool {
	return of.Kind() == reflect.Struct && of.PkgPath() == reflect.TypeFor[Settings]().PkgPath() && of != reflect.TypeFor[Attribute]()
}

// TestKeysOfTheContract holds the table to the keys that users rely on.
func TestKeysOfTheContract(t *testing.T) {
	contract := strings.Fields(`
		listen.authentication listen.accounting listen.admin max_attempts reject_delay
		admin.tls.certificate admin.tls.key admin.hosts admin.metrics admin.accounts[].name admin.accounts[].role admin.accounts[].password_hash
		admin.tokens[].name admin.tokens[].role admin.tokens[].scopes admin.tokens[].digest admin.tokens[].expires admin.session.idle admin.session.absolute
		clients[].name clients[].networks clients[].secrets clients[].message_authenticator
		clients[].insecure_omit_message_authenticator clients[].profile clients[].answer_within
		clients[].calling_station_from clients[].on_push_timeout clients[].join_without_calling_station
		ivalt.url ivalt.api_key ivalt.ca_file ivalt.approval_timeout ivalt.sentinel ivalt.late_credit ivalt.on_collision ivalt.allow_missing_details
		ivalt.dialect ivalt.endpoint ivalt.pending ivalt.system_roots ivalt.pins ivalt.proxy ivalt.signing_secret ivalt.send_client_address
		ivalt.limits.per_second ivalt.limits.per_minute ivalt.limits.per_hour ivalt.request_from
		users.email users.file primary.method policy.timezone policy.default
		policy.rules[].name policy.rules[].match.users policy.rules[].match.groups policy.rules[].match.clients
		policy.rules[].match.networks policy.rules[].only.networks
		policy.rules[].only.hours[].days policy.rules[].only.hours[].from policy.rules[].only.hours[].to
		policy.rules[].only.hours[].timezone policy.rules[].only.hours[].except
		policy.rules[].decision policy.rules[].reply
		clients[].primary clients[].insecure_methods clients[].challenge users.rewrite[].from users.rewrite[].to users.enrolment_message primary.cache
		primary.ldap.urls primary.ldap.insecure_plaintext primary.ldap.ca_file primary.ldap.system_roots primary.ldap.bind_dn primary.ldap.bind_password
		primary.ldap.user_dn primary.ldap.base primary.ldap.schema primary.ldap.filter primary.ldap.name primary.ldap.email primary.ldap.mobile
		primary.ldap.groups.base primary.ldap.groups.name primary.ldap.groups.nested primary.ldap.timeout primary.ldap.connections
		primary.radius.servers[].address primary.radius.servers[].secret primary.radius.timeout primary.radius.tries primary.radius.attributes
		policy.rules[].primary policy.rules[].remember.for policy.rules[].fail.mode policy.rules[].fail.for policy.rules[].fail.until policy.rules[].fail.reason
		policy.groups[].name policy.groups[].reply
		audit.file audit.retention state.directory state.redis.addresses
		state.node state.redis.mode state.redis.master state.redis.username state.redis.password state.redis.sentinel_username state.redis.sentinel_password
		state.redis.database state.redis.tls state.redis.ca_file state.redis.client_certificate state.redis.client_key state.redis.server_name
		state.redis.cluster_key state.redis.prefix state.redis.timeout state.redis.min_replicas state.redis.on_failure state.redis.nodes`)
	table := map[string]bool{}
	for _, key := range keys.All() {
		table[key.Path] = true
		if key.Meaning == "" || !key.Required && key.Default == "" && key.Unset == "" {
			t.Errorf("%s: the docs lack its meaning or its default", key.Path)
		}
	}
	for _, key := range contract {
		if !table[key] {
			t.Errorf("%s is missing", key)
		}
	}
}

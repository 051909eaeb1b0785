package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What must be in no output. None of it is an ordinary word.
const (
	testKey    = "canary_key_of_32_characters_00001"
	testSecret = "canary_secret_for_signing_00000001"
	testEmail  = "ada.quillfeather@brontosaurus.example"
	testMobile = "+919876543210"
	testName   = "Zebedee Quillfeather"
)

// canaries are those texts, whole and in the parts that identify, in lower case, with what the simulator says of a person beside them.
func canaries() []string {
	return []string{
		strings.ToLower(testKey), strings.ToLower(testSecret), testEmail, "ada.", "quillfeather", "brontosaurus", "zebedee",
		"9876543210", "6543210", "30.7046", "76.7179", "rehearsal street", "000000000000000",
	}
}

// serve has a handler behind a network, and gives the options of a walk to it.
func serve(t *testing.T, h http.Handler) Options {
	t.Helper()
	return Options{
		Gateway: gateway.Options{
			URL: "http://127.0.0.1", APIKey: secret.New(testKey), Connections: 4, Version: "test", Dial: gatewaytest.Serve(t, h),
		},
		Email: secret.New(testEmail), Patience: 30 * time.Second,
	}
}

// person is a scripted one: they do what they are told, a little later, unless the script says otherwise.
type person struct {
	cloud *ivalttest.Cloud
	says  map[Kind]string     // the answers; Consent is yes where it is not there
	limp  bool                // never touches the phone
	still Kind                // an instruction that they do not follow; Consent: they follow all
	lie   ivalttest.FaultKind // what every result says from the approval on, instead of it, until the phone is to be left alone
	fails Kind                // the question at which they go away, where it is not Consent
	told  strings.Builder
	asked []Kind
}

var errGone = errors.New("the person is gone")

func (p *person) Tell(text string) { fmt.Fprintln(&p.told, text) }

func (p *person) Ask(_ context.Context, q Prompt) (string, error) {
	fmt.Fprintln(&p.told, q.Text)
	p.asked = append(p.asked, q.Kind)
	if p.fails != Consent && q.Kind == p.fails {
		return "", errGone
	}
	if !p.limp && (p.still == Consent || p.still != q.Kind) {
		p.act(q.Kind)
	}
	if answer, ok := p.says[q.Kind]; ok {
		return answer, nil
	}
	if q.Kind == Consent {
		return Yes, nil
	}
	return "", nil
}

func (p *person) act(k Kind) {
	switch k {
	case ApproveNow:
		if p.lie != "" {
			time.AfterFunc(5*time.Second, func() { _ = p.cloud.Inject(ivalttest.Fault{Kind: p.lie, Endpoint: ivalttest.ResultEndpoint}) })
			return
		}
		time.AfterFunc(5*time.Second, func() { p.cloud.Approve(testMobile) })
	case DenyNow:
		time.AfterFunc(5*time.Second, func() { p.cloud.Deny(testMobile) })
	case ApproveUnread:
		p.cloud.Approve(testMobile)
	case KeepStill:
		if p.lie != "" {
			p.cloud.ClearFaults()
		}
	case Consent, Shown:
	}
}

// outputs are everything that a walk gives out.
func outputs(t *testing.T, r Report, p *person) string {
	t.Helper()
	written, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%s\n%v %+v\n%v\n%s", written, p.told.String(), r.Findings, r.Settings, r.Ended, r.Settings.YAML())
}

// noCanary fails the test where an output holds anything of the person or of a secret.
func noCanary(t *testing.T, output string) {
	t.Helper()
	output = strings.ToLower(output)
	for _, canary := range canaries() {
		if at := strings.Index(output, canary); at >= 0 {
			t.Errorf("%q is in an output: …%s…", canary, output[max(0, at-60):min(len(output), at+60)])
		}
	}
}

// answersOf are the findings by their keys; "?" and the reason where there is no answer.
func answersOf(r Report) map[string]string {
	all := map[string]string{}
	for _, f := range r.Findings {
		if all[f.Key] = f.Answer; f.Answer == "" {
			all[f.Key] = "? " + f.Why
		}
	}
	return all
}

package blackbox_test

import (
	"os"
	"testing"

	"ivalt-radius/test/blackbox"
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

package follow

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"ivalt-radius/audit/segment"
)

// TestAPlantedNameSilencesNobody: whoever may write to the archive puts a file there whose name spans all records to come.
func TestAPlantedNameSilencesNobody(t *testing.T) {
	for name, plant := range map[string]func(t *testing.T, path string){
		"no records": func(t *testing.T, path string) {
			t.Helper()
			put(t, path, "hello\n")
		},
		"compressed": func(t *testing.T, path string) {
			t.Helper()
			file, err := os.Create(path + ".gz")
			if err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(file)
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		},
		"no gzip": func(t *testing.T, path string) {
			t.Helper()
			put(t, path+".gz", "hello\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, archive := newBook(t), t.TempDir()
			b.Write(3)
			b.Rotate()
			durable := b.Write(2)
			last := durable
			for _, span := range [][2]uint64{{1, 1 << 60}, {4, 9}, {durable + 1, durable + 100}} {
				plant(t, segment.Name(filepath.Join(archive, filepath.Base(b.Live)), span[0], span[1]))
			}
			f := New(b.Live, archive, 0)
			defer f.Close()
			if _, err := f.Skip(1<<20, last); err != nil {
				t.Error(err)
			}
			expect(t, "at once", read(t, f, last), "1-5")
			expect(t, "later", read(t, f, b.Write(2)), "6-7")
			b.Rotate()
			expect(t, "behind a rotation", read(t, f, b.Write(200)), "8-207")
		})
	}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

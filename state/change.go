package state

import "go.etcd.io/bbolt"

// Change puts values and removes the keys whose value is nil, all or none, in one transaction. A key that is not there is no error.
func (s *Store) Change(bucket string, values map[string][]byte) error {
	return s.update("change", func(tx *bbolt.Tx) error {
		if len(bucket) > MaxKey || bucket == "" {
			return ErrBounds
		}
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		for key, value := range values {
			if err := change(b, key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

func change(b *bbolt.Bucket, key string, value []byte) error {
	switch {
	case key == "" || len(key) > MaxKey || len(value) > MaxValue:
		return ErrBounds
	case value == nil:
		return b.Delete([]byte(key))
	}
	return b.Put([]byte(key), value)
}

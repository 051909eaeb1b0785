package state

import "go.etcd.io/bbolt"

// Change puts values and removes the keys whose value is nil, all or none, in one transaction.
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
			if key == "" || len(key) > MaxKey || len(value) > MaxValue {
				return ErrBounds
			}
			if value == nil {
				err = b.Delete([]byte(key))
			} else {
				err = b.Put([]byte(key), value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

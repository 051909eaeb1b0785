package redis

import (
	_ "embed"

	goredis "github.com/redis/go-redis/v9"
)

//go:embed beat.lua
var beatSource string

//go:embed end.lua
var endSource string

//go:embed tell.lua
var tellSource string

//go:embed table.lua
var tableSource string

// scripts are those of the Engine itself.
type scripts struct {
	beat, end, tell, table *goredis.Script
}

func newScripts() scripts {
	return scripts{
		beat: goredis.NewScript(beatSource), end: goredis.NewScript(endSource), tell: goredis.NewScript(tellSource), table: goredis.NewScript(tableSource),
	}
}

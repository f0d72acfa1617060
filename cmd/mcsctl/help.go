package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/screen"
)

// fitHelp makes the help of all commands fit the terminal it is read on. Elsewhere it is as it is written.
func fitHelp(root *cobra.Command) {
	usual := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		out := cmd.OutOrStdout()
		width := screen.Width(out)
		if width == 0 {
			usual(cmd, args)
			return
		}
		var text bytes.Buffer
		cmd.SetOut(&text)
		usual(cmd, args)
		cmd.SetOut(nil) // as its parent has it
		fmt.Fprint(out, screen.Fit(text.String(), width))
	})
}

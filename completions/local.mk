# For the three shells, where Debian's look for them.
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
dist_zshcomp_DATA = completions/_cgi-fpmctl
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_fishcomp_DATA = completions/cgi-fpm.fish completions/cgi-fpmctl.fish
EXTRA_DIST += completions/cgi-fpm.bash

# One file for both programs; each is looked for by its name.
install-completions:
	$(MKDIR_P) "$(DESTDIR)$(bashcompdir)"
	$(INSTALL_DATA) "$(srcdir)/completions/cgi-fpm.bash" \
	    "$(DESTDIR)$(bashcompdir)/cgi-fpm"
	$(LN_S) -f cgi-fpm "$(DESTDIR)$(bashcompdir)/cgi-fpmctl"

uninstall-completions:
	rm -f "$(DESTDIR)$(bashcompdir)/cgi-fpm" \
	    "$(DESTDIR)$(bashcompdir)/cgi-fpmctl"

.PHONY: install-completions uninstall-completions

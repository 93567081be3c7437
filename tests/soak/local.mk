# Long runs, for who asks: what is lost by a thousand reloads, ...  SOAK_N=100
# is another number.
EXTRA_DIST += tests/soak/load.py tests/soak/soak.py

soak-reload soak-upgrade soak-kill soak-recycle: all
	CGIFPM_BUILD='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
	    /usr/bin/python3 '$(srcdir)/tests/soak/soak.py' \
	    `echo $@ | sed 's/^soak-//'`

soak: soak-reload soak-upgrade soak-kill soak-recycle

.PHONY: soak soak-reload soak-upgrade soak-kill soak-recycle

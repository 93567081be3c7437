# Long runs, for who asks: what is lost by a thousand reloads, ...  SOAK_N=100
# is another number; soak-chaos and soak-faults take SEED and SECONDS.
EXTRA_DIST += tests/soak/chaos.py tests/soak/chaosacts.py \
	tests/soak/chaosload.py tests/soak/faultacts.py tests/soak/faults.py \
	tests/soak/faultsoak.py tests/soak/faultstart.py tests/soak/load.py \
	tests/soak/soak.py

soak-reload soak-upgrade soak-kill soak-recycle soak-chaos soak-faults: all
	CGIFPM_BUILD='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
	    CHAOS_SEED='$(SEED)' CHAOS_SECONDS='$(SECONDS)' \
	    FAULTS_SEED='$(SEED)' FAULTS_SECONDS='$(SECONDS)' \
	    /usr/bin/python3 '$(srcdir)/tests/soak/soak.py' \
	    `echo $@ | sed 's/^soak-//'`

soak: soak-reload soak-upgrade soak-kill soak-recycle soak-chaos soak-faults

.PHONY: soak soak-reload soak-upgrade soak-kill soak-recycle soak-chaos \
	soak-faults

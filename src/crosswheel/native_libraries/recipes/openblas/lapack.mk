# Add LAPACK to the archive of OpenBLAS: make -f lapack.mk ARCHIVE=libopenblas.a JOBS=4 FC=gfortran CC=cc AR=ar

LAPACK = lapack-netlib
# Number of sources per compiler call.
AT_ONCE = 32

# Excluded: routines that need XBLAS, as in LAPACK's own makefile; those that consist of Fortran 90 array expressions, and
# their callers; those that basics.c or OpenBLAS implements.
XBLAS = $(patsubst %,$(LAPACK)/SRC/%,?*svxx.f ?gerfsx.f ?gbrfsx.f ?porfsx.f ?syrfsx.f ?herfsx.f ?la_*.f ?larscl2.f ?lascl2.f)
ARRAYS = bdsvdx gesvdx trsyl3
OWN = gesv getf2 getrf getrs laswp lauu2 lauum potf2 potrf trti2 trtri trtrs
COMPLEX = spr spmv symv syr
LEFT_OUT = xerbla $(foreach name,$(ARRAYS) $(OWN),s$(name) d$(name)) \
           $(foreach name,$(ARRAYS) $(OWN) $(COMPLEX),c$(name) z$(name))

SOURCES = $(filter-out $(wildcard $(XBLAS)) $(patsubst %,$(LAPACK)/SRC/%.f,$(LEFT_OUT)), \
            $(sort $(wildcard $(LAPACK)/SRC/*.[fF] $(LAPACK)/SRC/DEPRECATED/*.f))) \
          $(patsubst %,$(LAPACK)/INSTALL/%.f,ilaver lsame second_NONE dsecnd_NONE)

# Members of libf2c that f2c's output calls. They replace c_abs and z_abs of OpenBLAS, one of which returns float.
CALLED = c_abs z_abs c_div c_exp c_sqrt d_cnjg d_imag d_lg10 d_sign i_dnnt i_len i_nint pow_ci pow_dd pow_di pow_ii pow_ri \
         pow_zi r_cnjg r_imag r_lg10 r_sign s_cat s_cmp s_copy z_div z_exp z_sqrt cabs f77_aloc exit_ sig_die

$(ARCHIVE): objects
	cd objects && $(CC) -O2 -c ../basics.c
	cd objects && $(AR) x "$$($(FC) -print-file-name=libgfortran.a)" $(CALLED:=.o)
	$(AR) rcsD $@ objects/*.o

objects:
	mkdir objects
	cd objects && printf '../%s\n' $(SOURCES) | xargs -P $(JOBS) -n $(AT_ONCE) $(FC) -O2 -frecursive -c

.PHONY: $(ARCHIVE)

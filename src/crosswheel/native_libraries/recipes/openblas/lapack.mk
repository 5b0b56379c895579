# Puts LAPACK into the archive of OpenBLAS: make -f lapack.mk ARCHIVE=libopenblas.a JOBS=4 FC=gfortran CC=cc AR=ar

LAPACK = lapack-netlib
# Sources that one call of the compiler has.
AT_ONCE = 32

# What wants XBLAS, which LAPACK's own makefile leaves out as well; what has array expressions of Fortran 90 on every
# page, and what needs that; what basics.c has; what OpenBLAS has.
XBLAS = $(patsubst %,$(LAPACK)/SRC/%,?*svxx.f ?gerfsx.f ?gbrfsx.f ?porfsx.f ?syrfsx.f ?herfsx.f ?la_*.f ?larscl2.f ?lascl2.f)
ARRAYS = bdsvdx gesvdx trsyl3
OWN = gesv getf2 getrf getrs laswp lauu2 lauum potf2 potrf trti2 trtri trtrs
COMPLEX = spr spmv symv syr
LEFT_OUT = xerbla $(foreach name,$(ARRAYS) $(OWN),s$(name) d$(name)) \
           $(foreach name,$(ARRAYS) $(OWN) $(COMPLEX),c$(name) z$(name))

SOURCES = $(filter-out $(wildcard $(XBLAS)) $(patsubst %,$(LAPACK)/SRC/%.f,$(LEFT_OUT)), \
            $(sort $(wildcard $(LAPACK)/SRC/*.[fF] $(LAPACK)/SRC/DEPRECATED/*.f))) \
          $(patsubst %,$(LAPACK)/INSTALL/%.f,ilaver lsame second_NONE dsecnd_NONE)

# What f2c's C calls, of the library that stands for a Fortran compiler's. OpenBLAS has c_abs and z_abs too, of which one
# returns float; they are replaced.
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

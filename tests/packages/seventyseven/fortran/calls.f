C     Calls, callbacks, results of every type, strings.
      SUBROUTINE SCALE_IT(N, X, FACTOR)
      INTEGER N, I
      DOUBLE PRECISION X(N), FACTOR
      DO 10 I = 1, N
         X(I) = X(I) * FACTOR
   10 CONTINUE
      END

      DOUBLE PRECISION FUNCTION TRAPEZ(F, A, B, N)
      DOUBLE PRECISION F, A, B, H
      INTEGER N, I
      EXTERNAL F
      H = (B - A) / N
      TRAPEZ = (F(A) + F(B)) / 2
      DO I = 1, N - 1
         TRAPEZ = TRAPEZ + F(A + I*H)
      END DO
      TRAPEZ = TRAPEZ * H
      END

C     A SUBROUTINE that is given by the caller, perhaps in C.
      SUBROUTINE EACH(N, X, VISIT)
      INTEGER N, I
      DOUBLE PRECISION X(N)
      EXTERNAL VISIT
      DO 20 I = 1, N
         CALL VISIT(I, X(I))
   20 CONTINUE
      END

C     One Fortran procedure given to another.
      SUBROUTINE TWICE(N, X)
      INTEGER N
      DOUBLE PRECISION X(N)
      EXTERNAL DOUBLE
      CALL EACH(N, X, DOUBLE)
      END

      SUBROUTINE DOUBLE(I, X)
      INTEGER I
      DOUBLE PRECISION X
      X = 2 * X
      END

      COMPLEX*16 FUNCTION ZMUL(A, B)
      COMPLEX*16 A, B
      ZMUL = A * B + SQRT((-4D0, 0D0))
      END

      COMPLEX FUNCTION CADD(A, B)
      COMPLEX A, B
      CADD = A + CONJG(B)
      END

      SUBROUTINE ZTEST(OUT)
      COMPLEX*16 OUT, ZMUL
      COMPLEX CADD
      EXTERNAL ZMUL, CADD
      OUT = ZMUL((1D0, 2D0), (3D0, 4D0)) + CADD((1.0, 1.0), (0.0, 5.0))
      END

      REAL FUNCTION HALF(X)
      REAL X
      HALF = X / 2
      END

C     REAL functions, one of them intrinsic, as arguments.
      REAL FUNCTION APPLY(F, X)
      REAL F, X
      EXTERNAL F
      APPLY = F(X)
      END

      REAL FUNCTION REALS(X)
      REAL X, APPLY, HALF
      INTRINSIC SIN
      EXTERNAL HALF, APPLY
      REALS = APPLY(HALF, X) + APPLY(SIN, 0.0) + MOD(7.5, 2.0)
      END

      LOGICAL FUNCTION SAME(A, B)
      CHARACTER*(*) A, B
      SAME = A .EQ. B
      END

      CHARACTER*12 FUNCTION GREET(NAME)
      CHARACTER*(*) NAME
      GREET = 'hello, ' // NAME
      END

      SUBROUTINE DESCRIBE(N, X, TEXT)
      INTEGER N
      DOUBLE PRECISION X
      CHARACTER*(*) TEXT
      WRITE (TEXT, '(A, I4, F8.3, A)') 'n =', N, X, ' !'
      END

      INTEGER*8 FUNCTION WIDE(A, B)
      INTEGER A, B
      INTEGER*8 BIG
      BIG = A
      WIDE = BIG * B
      END

C     An alternate return, which is why subroutines are int functions.
      SUBROUTINE CHOOSE(N, *, *)
      INTEGER N
      IF (N .EQ. 1) RETURN 1
      IF (N .EQ. 2) RETURN 2
      END

      INTEGER FUNCTION CHOSEN(N)
      INTEGER N
      CALL CHOOSE(N, *100, *200)
      CHOSEN = 0
      RETURN
  100 CHOSEN = 10
      RETURN
  200 CHOSEN = 20
      END

      RECURSIVE SUBROUTINE FACT(N, RESULT)
      INTEGER N, RESULT
      IF (N .LE. 1) THEN
         RESULT = 1
      ELSE
         CALL FACT(N - 1, RESULT)
         RESULT = RESULT * N
      END IF
      END

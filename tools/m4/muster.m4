# Probes of configure.ac.

# MUSTER_LIBRARY(VARIABLE, PKG-CONFIG NAME, HEADER, FUNCTION, LIBRARY, DEBIAN PACKAGE)
# pkg-config first; where it knows nothing, the header and the library themselves are tried.
AC_DEFUN([MUSTER_LIBRARY], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    muster_missing=no
    AC_CHECK_HEADER([$3], [], [muster_missing=yes])
    AC_CHECK_LIB([$5], [$4], [$1_LIBS=-l$5], [muster_missing=yes])
    AS_IF([test $muster_missing = yes],
      [AC_MSG_ERROR([$2 is missing: apt-get install $6, or run tools/bootstrap])])])])

# MUSTER_TRY(VARIABLE TO EXTEND, VARIABLE OF THE TRY, ACTION, FLAGS)
AC_DEFUN([MUSTER_TRY], [
  for muster_flag in $4; do
    AC_MSG_CHECKING([whether $CC takes $muster_flag])
    muster_saved="$$2" muster_saved_cflags="$CFLAGS"
    $2="$$2 $muster_flag" CFLAGS="$CFLAGS -Werror"
    $3([AC_LANG_PROGRAM([[#include <string.h>]], [])],
      [$1="$$1 $muster_flag"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
    CFLAGS="$muster_saved_cflags"
    $2="$muster_saved"
  done])
AC_DEFUN([MUSTER_TRY_CFLAGS], [MUSTER_TRY([muster_cflags], [CFLAGS], [AC_COMPILE_IFELSE], [$1])])
AC_DEFUN([MUSTER_TRY_CPPFLAGS],
  [MUSTER_TRY([muster_cppflags], [CPPFLAGS], [AC_COMPILE_IFELSE], [$1])])
AC_DEFUN([MUSTER_TRY_LDFLAGS], [MUSTER_TRY([muster_ldflags], [LDFLAGS], [AC_LINK_IFELSE], [$1])])

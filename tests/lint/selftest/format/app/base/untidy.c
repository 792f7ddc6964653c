int untidy(void) {
  return 1;
}

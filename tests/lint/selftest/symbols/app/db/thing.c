int thing_other;

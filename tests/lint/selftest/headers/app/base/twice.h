struct twice {
    int a;
};

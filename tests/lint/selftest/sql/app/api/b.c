/* SELECT in a comment is none. */
static const char word[] = "SELECT";
static const char bad[] = "SELECT 1 FROM project WHERE project_id = ?";
static const char methods[] = "DELETE";

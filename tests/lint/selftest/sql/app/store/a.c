#define COLUMNS "project_id, n"
#define SELECT_CONTACT(more) "SELECT n, " more " FROM contact "
#define MINE "project_id = ? "
static const char good[] = "SELECT n FROM contact "
                           "WHERE project_id = ? AND n = 1";
static const char good_by_macro[] = SELECT_CONTACT("1") "WHERE " MINE;
static const char good_insert[] = "INSERT INTO contact (" COLUMNS ") VALUES (?, ?)";
static const char no_project_table[] = "SELECT 1 FROM project";
static const char bad_where[] = "SELECT project_id FROM contact WHERE n = 1";
static const char bad_by_macro[] = SELECT_CONTACT("2") "WHERE n = 1";
static const char bad_insert[] = "INSERT INTO contact (n) VALUES (?)";
static const char bad_update[] = "UPDATE contact SET n = 1";
static const char bad_delete[] = "DELETE FROM contact";
SQLLIST(good_list, "SELECT n FROM contact WHERE project_id = ? AND n IN (", "?", ")");
SQLLIST(bad_list, "SELECT n FROM contact WHERE n IN (", "?", ")");
static const char bad_join[] = "SELECT 1 FROM project p JOIN contact c ON c.n = p.n";












/* Counts over all projects. */
static const char excused[] = "SELECT COUNT(*) FROM contact";

/* The option table in other forms than the help: completions for shells, mdoc for the page. */
#include <ctype.h>
#include <string.h>

#include "mc_opts.h"
#include "mc_task.h"

/* ---- what the table says about a value ---- */

enum value { NO_VALUE, ANY, CHOICE, TASK, PATH };

static enum value value_of(const struct mc_opt *o)
{
	static const char *const paths[] = { "FILE", "CKPT", "LOG", "STREAM", "WHICH" };

	if (o->type == MC_OPT_FLAG)
		return NO_VALUE;
	if (!o->arg)
		return ANY;
	if (strchr(o->arg, '|'))
		return CHOICE;
	if (strcmp(o->arg, "TASK") == 0)
		return TASK;
	for (size_t k = 0; k < sizeof paths / sizeof *paths; k++)
		if (strcmp(o->arg, paths[k]) == 0)
			return PATH;
	return ANY;
}

/* The words a value may be, or begin with ("drop=" for drop=P), parted by blanks. */
static void words(const struct mc_opt *o, FILE *to)
{
	if (value_of(o) == CHOICE)
		for (const char *p = o->arg; *p;) {
			const size_t n = strcspn(p, "|"), equals = strcspn(p, "|=");

			(void)fprintf(to, "%s%.*s", p > o->arg ? " " : "", (int)(equals < n ? equals + 1 : n), p);
			p += n + (p[n] == '|');
		}
	else if (value_of(o) == TASK)
		for (int i = 0; mc_task_name(i); i++)
			(void)fprintf(to, "%s%s", i ? " " : "", mc_task_name(i));
}

/* The words that begin the lines of the synopsis, parted by blanks; 0 if there are none. */
static int first_words(const struct mc_prog *p, FILE *to)
{
	const char *line = p->synopsis;
	int n = 0;

	while (line) {
		const char *at = line + strspn(line, " ");
		size_t len = strlen(p->name);

		if (line != p->synopsis && strncmp(at, p->name, len) == 0)
			at += len + strspn(at + len, " ");
		len = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
		if (len > 0 && at[0] != '-' && (at[len] == ' ' || !at[len] || at[len] == '\n')) {
			if (to)
				(void)fprintf(to, "%s%.*s", n ? " " : "", (int)len, at);
			n++;
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return n;
}

typedef void each(const struct mc_opt *o, FILE *to, const void *ctx);

/* Every option, the common ones last. */
static void for_each(const struct mc_prog *p, each *f, FILE *to, const void *ctx)
{
	for (const struct mc_opt *o = p->opts; !mc_opts_last(o); o++)
		if (o->type != MC_OPT_GROUP)
			f(o, to, ctx);
	for (const struct mc_opt *o = mc_opts_common(); !mc_opts_last(o); o++)
		f(o, to, ctx);
}

/* Its first clause, with a backslash before each of `special`. */
static void summary(const struct mc_opt *o, const char *special, FILE *to)
{
	const char *end = strstr(o->help, "; ");

	for (const char *p = o->help; *p && p != end; p++) {
		if (strchr(special, *p))
			(void)fputc('\\', to);
		(void)fputc(*p, to);
	}
}

/* ---- bash ---- */

static void bash_name(const struct mc_opt *o, FILE *to, const void *ctx)
{
	(void)ctx;
	if (o->letter)
		(void)fprintf(to, " -%c", o->letter);
	if (o->name)
		(void)fprintf(to, " --%s", o->name);
}

/* A case for the word before the cursor: what may follow it. */
static void bash_value(const struct mc_opt *o, FILE *to, const void *ctx)
{
	const enum value kind = value_of(o);

	(void)ctx;
	if (kind == NO_VALUE)
		return;
	(void)fputc('\t', to);
	if (o->letter)
		(void)fprintf(to, "-%c%s", o->letter, o->name ? "|" : "");
	if (o->name)
		(void)fprintf(to, "--%s", o->name);
	if (kind == ANY) {
		(void)fputs(") return ;;\n", to);
	} else if (kind == PATH) {
		(void)fputs(") words= ;;\n", to);
	} else {
		(void)fputs(") words='", to);
		words(o, to);
		(void)fputs("' ;;\n", to);
	}
}

static void bash(const struct mc_prog *p, const char *id, FILE *to)
{
	(void)fprintf(to, "# bash completion of %s(1), printed by %s --help-completion bash\n"
	    "_%s()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	    "\tcase $prev in\n", p->name, p->name, id);
	for_each(p, bash_value, to, NULL);
	(void)fputs("\t*)\n\t\tif [[ $cur == -* ]]; then\n\t\t\twords='", to);
	for_each(p, bash_name, to, NULL);
	(void)fputs("'\n", to);
	if (first_words(p, NULL) > 0) {
		(void)fputs("\t\telif ((COMP_CWORD == 1)); then\n\t\t\twords='", to);
		(void)first_words(p, to);
		(void)fputs("'\n", to);
	}
	(void)fprintf(to, "\t\tfi ;;\n\tesac\n"
	    "\tif [[ $words ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\telse\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\tfi\n}\ncomplete -F _%s %s\n", id, p->name);
}

/* ---- zsh ---- */

/* '(-t --type)'{-t+,--type=}'[only frames of these types]:T:' \ */
static void zsh_option(const struct mc_opt *o, FILE *to, const void *ctx)
{
	const enum value kind = value_of(o);
	const char *plus = kind == NO_VALUE ? "" : "+", *equals = kind == NO_VALUE ? "" : "=";

	(void)ctx;
	if (o->letter && o->name)
		(void)fprintf(to, "\t'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, plus, o->name, equals);
	else if (o->name)
		(void)fprintf(to, "\t'--%s%s[", o->name, equals);
	else
		(void)fprintf(to, "\t'-%c%s[", o->letter, plus);
	for (const char *p = o->help; *p && strncmp(p, "; ", 2) != 0; p++)
		(void)fprintf(to, *p == '\'' ? "'\\''" : strchr("[]:\\", *p) ? "\\%c" : "%c", *p);
	(void)fputc(']', to);
	if (kind != NO_VALUE)
		(void)fprintf(to, ":%s:", kind == PATH ? "file" : kind == ANY ? "value" : o->name ? o->name : "value");
	if (kind == PATH)
		(void)fputs("_files", to);
	else if (kind == CHOICE || kind == TASK) {
		(void)fputc('(', to);
		words(o, to);
		(void)fputc(')', to);
	}
	(void)fputs("' \\\n", to);
}

static void zsh(const struct mc_prog *p, FILE *to)
{
	(void)fprintf(to, "#compdef %s\n# zsh completion of %s(1), printed by %s --help-completion zsh\n"
	    "_arguments -s -S \\\n", p->name, p->name, p->name);
	for_each(p, zsh_option, to, NULL);
	if (first_words(p, NULL) > 0) {
		(void)fputs("\t'1:what:(", to);
		(void)first_words(p, to);
		(void)fputs(")' \\\n", to);
	}
	(void)fputs("\t'*:file:_files'\n", to);
}

/* ---- fish ---- */

static void fish_option(const struct mc_opt *o, FILE *to, const void *ctx)
{
	const enum value kind = value_of(o);

	(void)fprintf(to, "complete -c %s", (const char *)ctx);
	if (o->letter)
		(void)fprintf(to, " -s %c", o->letter);
	if (o->name)
		(void)fprintf(to, " -l %s", o->name);
	if (kind == PATH)
		(void)fputs(" -r -F", to);
	else if (kind != NO_VALUE)
		(void)fputs(" -x", to);
	if (kind == CHOICE || kind == TASK) {
		(void)fputs(" -a '", to);
		words(o, to);
		(void)fputc('\'', to);
	}
	(void)fputs(" -d '", to);
	summary(o, "'\\", to);
	(void)fputs("'\n", to);
}

static void fish(const struct mc_prog *p, FILE *to)
{
	(void)fprintf(to, "# fish completion of %s(1), printed by %s --help-completion fish\n", p->name, p->name);
	if (first_words(p, NULL) > 0) {
		(void)fprintf(to, "complete -c %s -n __fish_is_first_token -f -a '", p->name);
		(void)first_words(p, to);
		(void)fputs("'\n", to);
	}
	for_each(p, fish_option, to, p->name);
}

int mc_opts_completion(const struct mc_prog *p, const char *shell, FILE *to, struct mc_err *e)
{
	char id[64];

	(void)snprintf(id, sizeof id, "%s", p->name);
	for (char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	if (strcmp(shell, "bash") == 0)
		bash(p, id, to);
	else if (strcmp(shell, "zsh") == 0)
		zsh(p, to);
	else if (strcmp(shell, "fish") == 0)
		fish(p, to);
	else
		return mc_usage(e, "--help-completion", NULL, "\"%s\" is not bash, zsh or fish", shell);
	return 0;
}

/* ---- mdoc ---- */

/* Text of a page: nothing in it is a macro or an escape. */
static void mdoc_text(const char *s, FILE *to)
{
	for (; *s; s++) {
		if (*s == '\\')
			(void)fputs("\\e", to);
		else if (*s == '"')
			(void)fputs("\\(dq", to);
		else
			(void)fputc(*s, to);
	}
}

static void mdoc_option(const struct mc_opt *o, FILE *to)
{
	char value[96] = "";

	(void)fputs(".It", to);
	if (o->letter)
		(void)fprintf(to, " Fl %c%s", o->letter, o->name ? " ," : "");
	if (o->name)
		(void)fprintf(to, " Fl \\-%s", o->name);
	if (o->arg) {
		(void)fputs(" Ar \"", to);
		mdoc_text(o->arg, to);
		(void)fputc('"', to);
	}
	(void)fputc('\n', to);
	(void)fputc(toupper((unsigned char)o->help[0]), to);
	mdoc_text(o->help + 1, to);
	if (o->to)
		mc_opts_default(o, value, sizeof value);
	if (*value) {
		(void)fputs(" (", to);
		mdoc_text(value, to);
		(void)fputc(')', to);
	}
	(void)fputs(".\n", to);
}

void mc_opts_mdoc(const struct mc_prog *p, FILE *to)
{
	int open = 0;

	for (const struct mc_opt *o = p->opts; !mc_opts_last(o); o++) {
		if (o->type == MC_OPT_GROUP) {
			(void)fprintf(to, "%s.Ss %s\n", open ? ".El\n" : "", o->help);
			open = 0;
			continue;
		}
		if (!open)
			(void)fputs(".Bl -tag -width Ds\n", to);
		open = 1;
		mdoc_option(o, to);
	}
	if (!open)
		(void)fputs(".Bl -tag -width Ds\n", to);
	for (const struct mc_opt *o = mc_opts_common(); !mc_opts_last(o); o++)
		mdoc_option(o, to);
	(void)fputs(".El\n", to);
}

#include "mc_canvas.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void mc_canvas_terminal(struct mc_canvas *c, int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	struct winsize w;

	*c = (struct mc_canvas){ 80, 24, 0, 0 };
	if (locale != (locale_t)0) {
		c->utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
		freelocale(locale);
	}
	if (!isatty(fd))
		return;
	c->colour = (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0;
	if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20 && w.ws_row >= 10) {
		c->columns = w.ws_col;
		c->rows = w.ws_row;
	}
}

/* Length of the UTF-8 sequence that starts at s, 0 if there is none. */
static size_t sequence(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	const size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void mc_put_text(FILE *to, const char *s, int utf8, int doubled)
{
	while (*s) {
		const size_t n = sequence(s);

		if ((n == 1 && (*s < 0x20 || *s == 0x7f)) || n == 0 || (n > 1 && !utf8))
			fputc('?', to);
		else if (*s == '\'' && doubled)
			fputs("''", to);
		else
			fwrite(s, 1, n, to);
		s += n ? n : 1;
	}
}

size_t mc_text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* At a space, but not inside "95 %". */
static int can_break(const char *s, size_t at)
{
	return s[at] == ' ' && s[at + 1] != '%';
}

size_t mc_text_line(const char *s, size_t width)
{
	size_t at = 0, chars = 0, space = 0;

	while (s[at] && chars < width) {
		const size_t n = sequence(s + at);

		if (can_break(s, at))
			space = at;
		at += n ? n : 1;
		chars++;
	}
	return s[at] == '\0' || can_break(s, at) || space == 0 ? at : space;
}

size_t mc_text_lines(const char *s, size_t width)
{
	size_t lines = 0;

	for (; *s; lines++) {
		s += mc_text_line(s, width);
		while (*s == ' ')
			s++;
	}
	return lines;
}

void mc_put_centred(FILE *to, const char *s, const struct mc_canvas *c)
{
	const size_t width = mc_text_width(s);

	fprintf(to, "%*s", (int)(width < c->columns ? (c->columns - width) / 2 : 0), "");
	mc_put_text(to, s, c->utf8, 0);
	fputc('\n', to);
}

void mc_put_wrapped(FILE *to, const char *s, const struct mc_canvas *c)
{
	while (*s) {
		const size_t n = mc_text_line(s, c->columns);
		char part[512];

		snprintf(part, sizeof part, "%.*s", (int)n, s);
		mc_put_centred(to, part, c);
		for (s += n; *s == ' '; s++)
			;
	}
}

void mc_put_colour(FILE *to, unsigned rgb, const struct mc_canvas *c)
{
	const unsigned red = ((rgb >> 16) * 5 + 127) / 255, green = ((rgb >> 8 & 255) * 5 + 127) / 255,
	    blue = ((rgb & 255) * 5 + 127) / 255;

	if (!c->colour)
		return;
	if (rgb == 0)
		fputs("\033[0m", to);
	else
		fprintf(to, "\033[38;5;%um", 16 + 36 * red + 6 * green + blue);
}

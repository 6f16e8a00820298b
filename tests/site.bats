# make html: the manual as a web site, whose links work; and the Markdown behind it.

setup_file() {
	root=$(realpath "$BATS_TEST_DIRNAME/..")
	export root
	"$root/packaging/site" "$BATS_FILE_TMPDIR/site"
}

@test "every page, guide, picture and example is there, and every link leads somewhere" {
	for page in "$root"/man/*.[1-9]; do
		[ -s "$BATS_FILE_TMPDIR/site/$(basename "$page").html" ]
		grep -q "href=\"$(basename "$page").html\"" "$BATS_FILE_TMPDIR/site/index.html"
	done
	for guide in quick-start own-task own-method results; do
		[ -s "$BATS_FILE_TMPDIR/site/$guide.html" ]
	done
	run /usr/bin/python3 - "$BATS_FILE_TMPDIR/site" <<-'PY'
	import os, sys
	from html.parser import HTMLParser
	root = sys.argv[1]
	class Page(HTMLParser):
	    def __init__(self, path):
	        super().__init__()
	        self.ids, self.links, self.open, self.path = set(), [], [], path
	        self.feed(open(path, encoding="utf-8").read())
	        self.close()
	        assert not self.open, (path, self.open)
	    def handle_starttag(self, tag, attrs):
	        a = dict(attrs)
	        self.ids |= {a[k] for k in ("id", "name") if k in a}
	        self.links += [a[k] for k in ("href", "src") if k in a]
	        if tag not in ("meta", "link", "img", "br", "hr", "col", "p", "dt", "dd", "li", "td", "th", "tr", "colgroup"):
	            self.open.append(tag)
	    def handle_endtag(self, tag):
	        if self.open and tag == self.open[-1]:
	            self.open.pop()
	        else:
	            assert tag not in self.open, (self.path, tag, self.open)
	pages = {}
	for where, _, files in os.walk(root):
	    for f in files:
	        if f.endswith(".html"):
	            p = os.path.join(where, f)
	            pages[os.path.normpath(p)] = Page(p)
	checked = 0
	for path, page in pages.items():
	    for link in page.links:
	        if link.startswith(("http:", "https:", "mailto:")):
	            continue
	        file, _, anchor = link.partition("#")
	        to = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
	        assert os.path.isfile(to), (path, link)
	        assert not anchor or anchor in pages[to].ids, (path, link)
	        checked += 1
	assert checked > 300, checked
	PY
	echo "$output"
	[ "$status" -eq 0 ]
	# what does not belong to a page: marks that were not understood, and places to be filled in
	[ "$(cat "$BATS_FILE_TMPDIR"/site/{index,quick-start,own-task,own-method,results}.html | grep -cE '\]\(|^\| |NUMBERS|SPEED|\*\*')" -eq 0 ]
}

@test "other programs' pages are linked to, ours are the site's own" {
	grep -q 'href="https://manpages.debian.org/jq.1"' "$BATS_FILE_TMPDIR/site/mc-eval.1.html"
	grep -q 'href="mc-rollout.1.html"' "$BATS_FILE_TMPDIR/site/mc-eval.1.html"
	[ "$(cat "$BATS_FILE_TMPDIR"/site/*.html | grep -c 'manpages.debian.org/m[ce]')" -eq 0 ]
}

@test "the Markdown that is used here" {
	run "$root/packaging/markdown" <<-'END'
	# A **bold** title

	Text with `code <b> [x](y)`, *slanted* and [a link](man/guide/own-task.md#how-fast); 2 * 3 * 4
	goes on & on.

	    code = "a < b"

	    more
	- one
	  of them
	- two

	| a | b |
	| --- | ---: |
	| `x` | 1 |

	![alt](man/team.gif)
	END
	[ "$output" = '<h1 id="a-bold-title">A <b>bold</b> title</h1>
<p>Text with <code>code &lt;b&gt; [x](y)</code>, <i>slanted</i> and <a href="own-task.html#how-fast">a link</a>; 2 * 3 * 4
goes on &amp; on.</p>
<pre>code = "a &lt; b"

more</pre>
<ul>
<li>one
of them</li>
<li>two</li>
</ul>
<div class="wide"><table>
<tr><th>a</th><th>b</th></tr>
<tr><td><code>x</code></td><td>1</td></tr>
</table></div>
<p><img src="team.gif" alt="alt"></p>' ]
}

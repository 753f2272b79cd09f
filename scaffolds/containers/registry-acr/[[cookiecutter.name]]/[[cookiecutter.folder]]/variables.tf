[% set c = cookiecutter -%]
[% if c.fresh == 'yes' -%]

[% endif -%]

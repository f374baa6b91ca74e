/* The form of a dictionary, made easier: the count follows what is typed, a button goes to the next
 * column without a description, fields that a type cannot have are put away, and leaving with
 * something unsaved asks first. Without this script the form does the same work.
 */
this.ckan.module('imss-dictionary-editor', function ($) {
  /* These three are domain/descriptions.py, in the order it does things. */
  function plainWords(text) {
    return text.toLowerCase().replace(/ß/g, 'ss').normalize('NFKD').replace(/[\u0300-\u036f]/g, '')
      .replace(/[^\p{L}\p{N}]+/gu, ' ').trim().split(' ');
  }

  function singular(word) {
    if (/^.{2,}[dlnrsz]es$/u.test(word)) { return word.slice(0, -2); }
    return /^.{3,}s$/u.test(word) ? word.slice(0, -1) : word;
  }

  function content(text, emptyWords) {
    return plainWords(text).filter(function (word) {
      return word && emptyWords.indexOf(word) === -1;
    }).map(singular);
  }

  return {
    options: { elsewhere: 0, changed: '', emptyWords: '', none: '', one: '', many: '' },

    initialize: function () {
      var form = this.form = this.el[0];
      this.columns = Array.prototype.slice.call(form.querySelectorAll('.imss-column'));
      this.emptyWords = this.options.emptyWords.split(' ');
      this.changed = this.options.changed === 'yes';
      form.addEventListener('input', this.follow.bind(this));
      form.addEventListener('change', this.follow.bind(this));
      form.addEventListener('submit', function () { this.sending = true; }.bind(this));
      window.addEventListener('pageshow', function () { this.sending = false; }.bind(this));
      window.addEventListener('beforeunload', this.ask.bind(this));
      this.next = form.querySelector('[data-imss-next]');
      this.next.addEventListener('click', this.goToNext.bind(this));
      this.columns.forEach(this.showFieldsOfType);
      this.count();
      var errors = document.querySelector('[data-imss-focus]');
      if (errors) { errors.focus(); }
    },

    follow: function (event) {
      this.changed = true;
      if (event.target.hasAttribute('data-imss-type')) {
        this.showFieldsOfType(event.target.closest('.imss-column'));
      }
      this.count();
    },

    ask: function (event) {
      if (this.changed && !this.sending) { event.preventDefault(); }
    },

    /* Rule R-101: a description that repeats the name, or the title, says nothing. */
    needsDescription: function (column) {
      var emptyWords = this.emptyWords;
      var title = column.querySelector('.imss-field-title input');
      var known = content(column.dataset.imssColumn, emptyWords)
        .concat(content(title.value, emptyWords));
      var said = content(column.querySelector('[data-imss-description]').value, emptyWords);
      return said.every(function (word) { return known.indexOf(word) !== -1; });
    },

    count: function () {
      var missing = Number(this.options.elsewhere) || 0;
      this.waiting = this.columns.filter(function (column) {
        var needs = this.needsDescription(column);
        column.querySelector('[data-imss-needed]').hidden = !needs;
        return needs;
      }, this);
      missing += this.waiting.length;
      var text = missing === 0 ? this.options.none
        : missing === 1 ? this.options.one
          : this.options.many.replace('{missing}', missing);
      var shown = this.form.querySelector('[data-imss-missing]');
      if (shown.textContent.trim() !== text) { shown.textContent = text; }
      this.next.hidden = this.waiting.length === 0;
    },

    goToNext: function () {
      var last = this.visited || null;
      var after = this.waiting.filter(function (column) {
        return last && last.compareDocumentPosition(column) & Node.DOCUMENT_POSITION_FOLLOWING;
      });
      var column = this.visited = after[0] || this.waiting[0];
      if (column) { column.querySelector('[data-imss-description]').focus(); }
    },

    /* A field that holds something stays in sight: only a person may throw it away. */
    showFieldsOfType: function (column) {
      var type = column.querySelector('[data-imss-type]').value;
      column.querySelectorAll('[data-imss-types]').forEach(function (field) {
        var fits = field.dataset.imssTypes.split(' ').indexOf(type) !== -1;
        field.hidden = !fits && !field.querySelector('input').value;
      });
    }
  };
});

/* The form of a dictionary, made easier: the count follows what is typed, a button goes to the next
 * column without a description, fields that a type cannot have are put away, and leaving with
 * something unsaved asks first. Without this script the form does the same work.
 */
this.ckan.module('imss-dictionary-editor', function ($) {
  function plainWords(text) {
    return text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  }

  return {
    options: { elsewhere: 0, changed: '', none: '', one: '', many: '' },

    initialize: function () {
      var form = this.form = this.el[0];
      this.columns = Array.prototype.slice.call(form.querySelectorAll('.imss-column'));
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
      var area = column.querySelector('[data-imss-description]');
      var title = column.querySelector('.imss-field-title input');
      var said = plainWords(area.value);
      return !area.value.trim() || (said !== '' &&
        (said === plainWords(column.dataset.imssColumn) || said === plainWords(title.value)));
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

/* The progress of a check, asked for while somebody looks; when it ends, the page shows the report.
 *
 * Without this script the page refreshes itself.
 */
this.ckan.module('imss-progress', function ($) {
  var PAUSE = 2000;
  var LONGEST_PAUSE = 30000;

  return {
    options: { url: '' },

    initialize: function () {
      this.pause = PAUSE;
      this._later();
    },

    _later: function () {
      window.setTimeout($.proxy(this._ask, this), this.pause);
    },

    _ask: function () {
      $.getJSON(this.options.url)
        .done($.proxy(this._show, this))
        .fail($.proxy(this._wait, this));
    },

    _show: function (standing) {
      if (standing.state !== 'waiting' && standing.state !== 'running') {
        window.location.reload();
        return;
      }
      this.pause = PAUSE;
      this.$('progress').val(standing.percent).text(standing.percent + ' %');
      var message = this.$('.imss-standing-message');
      // Said again only when it is another sentence: a reader of the screen speaks each change.
      if (message.text() !== standing.message) {
        message.text(standing.message);
        this.$('.imss-standing-fix').text(standing.fix);
      }
      this._later();
    },

    /* The server does not answer: ask less and less often. */
    _wait: function () {
      this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
      this._later();
    }
  };
});

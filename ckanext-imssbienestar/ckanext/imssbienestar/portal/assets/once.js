/* A form that is sent once, however often its button is pressed.
 *
 * The second request of a double click would be refused, rightly, and its refusal would hide
 * that the first one worked.
 */
this.ckan.module('imss-once', function ($) {
  return {
    initialize: function () {
      var form = this.el;
      form.on('submit', function (event) {
        if (form.data('imss-sent')) {
          event.preventDefault();
          return;
        }
        form.data('imss-sent', true);
      });
      // The browser's back button shows this page again as it was left.
      $(window).on('pageshow', function () {
        form.removeData('imss-sent');
      });
    }
  };
});

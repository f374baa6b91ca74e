// CKAN's view of a table, for those who do not see it, and in words that its catalogues lack.
//
// Its module asks for words when the page's catalogue has been loaded, and then makes boxes and
// buttons by itself: the words go into the catalogue, and what has no name gets one as it appears.
/* global gdataDict */
(function (ckan) {
  'use strict'

  const page = document.getElementById('imss-table-view')
  if (!page) return

  const ours = {}
  for (const [word, said] of Object.entries(JSON.parse(page.dataset.words))) ours[word] = [null, said]
  const load = ckan.i18n.load
  ckan.i18n.load = (data) => load({ ...data, ...ours })

  function nameColumns () {
    gdataDict.forEach((field, index) => {
      const column = (field.info && field.info.label) || field.id
      const name = page.dataset.filter.replace('{column}', column)
      for (const head of document.querySelectorAll(`[id="cdx${index + 1}"]`)) {
        const box = head.querySelector('input:not([aria-label])')
        if (!box) continue
        box.setAttribute('aria-label', name)
        head.setAttribute('aria-label', name)
      }
    })
  }

  // A picture alone is read aloud as a letter that nobody knows.
  function nameButtons () {
    for (const button of page.querySelectorAll('button[title]:not([aria-label])')) {
      if (!button.textContent.trim()) button.setAttribute('aria-label', button.title)
    }
  }

  // A box of no size that holds the focus while somebody moves through the cells with the arrows.
  function nameCellFocus () {
    for (const box of page.querySelectorAll('input[type="text"]:not([id]):not([aria-label])')) {
      box.setAttribute('aria-label', page.dataset.cells)
    }
  }

  // A frame with nothing in it, by which the table notices that its window changed size.
  function hideEmptyFrames () {
    for (const frame of document.querySelectorAll('iframe[src="about:blank"]:not([aria-hidden])')) {
      frame.setAttribute('aria-hidden', 'true')
      frame.setAttribute('tabindex', '-1')
    }
  }

  new MutationObserver(() => {
    nameColumns()
    nameButtons()
    nameCellFocus()
    hideEmptyFrames()
  }).observe(page, { childList: true, subtree: true })
})(window.ckan)

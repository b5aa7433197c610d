// Passkeys need scripts: their buttons show only where the browser knows them; a failed try says so beside the button.
if (window.PublicKeyCredential) {
  for (const box of document.querySelectorAll("[data-passkey]")) box.hidden = false;
  document.addEventListener("allauth.error", () => {
    for (const text of document.querySelectorAll("[data-passkey-error]")) text.hidden = false;
  });
} else {
  for (const box of document.querySelectorAll("[data-no-passkey]")) box.hidden = false;
}

/** The elements of the section; everything that comes from the user is put in later, as text. */
export const layout = `
<div class="trainer">
  <div class="trainer-main">
    <p class="trainer-intro">Teach a network classes of your own. Paint a few strokes of each class, background too,
      press <strong>Train</strong>, and watch it learn. Images and weights stay in this page.</p>
    <div class="trainer-row">
      <label class="trainer-file button">Open images<input type="file" accept="image/*" multiple
        data-testid="train-images"></label>
      <button type="button" data-testid="train-generated">Generated images</button>
      <span class="trainer-hint">or drop files anywhere here</span>
    </div>
    <div class="trainer-thumbnails" role="group" aria-label="Images" data-part="thumbnails"></div>
    <div class="trainer-panes">
      <figure>
        <figcaption>Labels <span class="trainer-hint trainer-optional">draw here</span></figcaption>
        <div class="trainer-pane">
          <canvas data-testid="train-canvas" tabindex="0" role="img"
            aria-label="The image with its labels; draw with the pointer"></canvas>
          <div class="trainer-ring" data-part="ring" hidden></div>
        </div>
      </figure>
      <figure>
        <figcaption>Prediction <span class="trainer-hint" data-part="agreement"></span></figcaption>
        <div class="trainer-pane">
          <canvas data-testid="train-prediction" role="img" aria-label="What the network sees in the image"></canvas>
        </div>
      </figure>
    </div>
    <div class="trainer-row trainer-tools">
      <label>Brush <input type="range" data-part="size" min="1" max="24" value="5"
        aria-label="Diameter of the brush in pixels"></label>
      <button type="button" aria-pressed="false" data-testid="train-erase">Erase</button>
      <button type="button" data-testid="train-undo">Undo</button>
      <button type="button" data-part="clear">Clear</button>
      <label>Opacity <input type="range" data-testid="train-opacity" min="0" max="100" value="60"></label>
    </div>
  </div>
  <div class="trainer-side">
    <section aria-label="Classes">
      <h2>Classes</h2>
      <ul class="trainer-classes" data-part="classes"></ul>
      <button type="button" data-testid="train-add-class">Add a class</button>
    </section>
    <section aria-label="Training">
      <h2>Training</h2>
      <div class="trainer-row">
        <button type="button" class="primary" data-testid="train-start">Train</button>
        <button type="button" data-testid="train-stop" disabled>Stop</button>
        <button type="button" data-testid="train-reset" disabled>Start over</button>
      </div>
      <dl class="trainer-numbers">
        <div><dt>Loss</dt><dd><data data-testid="train-loss">–</data></dd></div>
        <div><dt>Step</dt><dd><data data-testid="train-step">0</data></dd></div>
        <div><dt>Time a step</dt><dd><data data-testid="train-time">–</data></dd></div>
      </dl>
      <div class="trainer-chart" data-part="chart" role="img" aria-label="Loss over the steps"></div>
      <p class="trainer-status" role="status" data-testid="train-status">loading</p>
      <div class="trainer-row">
        <button type="button" data-testid="train-download" disabled>Download weights</button>
        <label class="trainer-file button">Continue from a file<input type="file" accept=".safetensors"
          data-testid="train-weights"></label>
      </div>
      <details>
        <summary>Settings</summary>
        <label class="trainer-setting">Network <select data-testid="train-network"></select></label>
        <label class="trainer-setting">Learning rate <input inputmode="decimal" autocomplete="off"
          data-testid="train-rate"></label>
        <p class="trainer-hint" data-part="threads"></p>
      </details>
    </section>
  </div>
</div>`;
